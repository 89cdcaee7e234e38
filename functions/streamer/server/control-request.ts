import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { refusal, success } from '../../../shared/core/outcome.ts';
import { parseJson as parseStrict } from '../../../shared/platform/config/json-text.ts';
import type { Rejection } from './guard.ts';

/** The largest command body that is read. */
export const MAX_BODY_BYTES = 4_096;

const commandSchema = z.strictObject({
  command: z.enum(['pause', 'resume']),
  reason: z.string().max(200).optional(),
});

export type CommandBody = z.infer<typeof commandSchema>;

export type ReadCommand =
  | { readonly ok: true; readonly command: CommandBody }
  | { readonly ok: false; readonly rejection: Rejection };

/** Reads and checks the body of a command: 413 when too large, 400 when it is not what was asked for. */
export async function readCommand(request: IncomingMessage): Promise<ReadCommand> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) return reject(413, `a command is at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  const body = parseJson(Buffer.concat(chunks).toString('utf8'));
  if (!body.ok) return reject(400, 'the body is not JSON');
  const parsed = commandSchema.safeParse(body.value);
  if (!parsed.success)
    return reject(400, 'a command is {"command": "pause" | "resume", "reason"?: text up to 200}');
  return { ok: true, command: parsed.data };
}

function parseJson(text: string) {
  try {
    // Refuses a key that stands twice: of two commands in one body neither is meant.
    return success<unknown>(parseStrict(text).value);
  } catch {
    return refusal('not-json');
  }
}

function reject(status: number, message: string): ReadCommand {
  return { ok: false, rejection: { status, message } };
}
