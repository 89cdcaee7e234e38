# One image for every deployable: FUNCTION_TARGET picks what starts (functions/entrypoint.sh).
#
# The base is pinned by digest: what was tested is what runs. To move on, take the digest that the registry tells for a newer
# tag of the same name, and write both here and in cloudbuild.check.yaml (a test keeps them equal).

FROM node:24.19.0-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The root package only: neither Pulumi (the infra workspace), nor development packages, nor Node from npm.
RUN npm ci --omit=dev --omit=optional --workspaces=false --include-workspace-root

FROM node:24.19.0-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df
ENV NODE_ENV=production \
    FUNCTION_TARGET=streamer \
    ARB_MARKET=live \
    PORT=8080 \
    ARB_STORE_DIR=/var/lib/arb
WORKDIR /app
RUN install --directory --owner=node --group=node /var/lib/arb
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY functions functions
COPY shared shared
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["sh", "functions/entrypoint.sh"]
