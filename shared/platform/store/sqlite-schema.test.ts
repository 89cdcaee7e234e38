import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { migrate, SCHEMA_VERSION } from './sqlite-schema.ts';

/** A file of an earlier version, whose rewriting ends with an error of SQLite. */
function whoseRewriteFails(errcode: number): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  migrate(database, 'the file');
  database.exec('PRAGMA user_version = 3');
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    if (sql.includes('VACUUM')) throw Object.assign(new Error('refused'), { errcode });
    exec(sql);
  };
  return database;
}

it('leaves a file as it is whose rewriting another process is in the way of, and says what else goes wrong', () => {
  const [busy, full] = [5, 13];
  const held = whoseRewriteFails(busy);
  migrate(held, 'the file');
  expect(held.prepare('PRAGMA user_version').get()).toEqual({ user_version: SCHEMA_VERSION });
  expect(() => migrate(whoseRewriteFails(full), 'the file')).toThrow('refused');
});
