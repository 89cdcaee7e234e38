# One image for every deployable: FUNCTION_TARGET picks what starts (functions/entrypoint.sh).

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The root package only: neither Pulumi (the infra workspace), nor development packages, nor Node from npm.
RUN npm ci --omit=dev --omit=optional --workspaces=false --include-workspace-root

FROM node:24-slim
ENV NODE_ENV=production \
    FUNCTION_TARGET=streamer \
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
