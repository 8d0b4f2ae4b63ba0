// The environment that programs under test get: nothing of the person's or the machine's that could change an outcome.
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** `undefined` takes a variable away. */
export type Variables = Readonly<Record<string, string | undefined>>;

// NODE_V8_COVERAGE so that the coverage of a started program can be measured.
const KEPT = ['PATH', 'USER', 'LOGNAME', 'SHELL', 'NODE_V8_COVERAGE', 'SystemRoot', 'ComSpec', 'PATHEXT'];

/**
 * A list of what is let in rather than of what is kept out: no OPENAI_*, CI, NO_COLOR, FORCE_COLOR, ORCHESTRATE_*, GITHUB_*,
 * NODE_OPTIONS, EDITOR, no proxy, and no variable of tomorrow either. The Node that runs the tests comes first on PATH.
 */
export function cleanEnvironment(base: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of KEPT) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  const home = join(base, 'home');
  return {
    ...env,
    PATH: [dirname(process.execPath), env['PATH'] ?? ''].join(delimiter),
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_STATE_HOME: join(home, '.local/state'),
    XDG_CACHE_HOME: join(home, '.cache'),
    TMPDIR: join(base, 'tmp'),
    // Shared, since a cold compile cache would cost every single start of the program.
    NODE_COMPILE_CACHE: join(tmpdir(), 'orchestrate-test-compile-cache'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  };
}

export function withVariables(env: Readonly<Record<string, string>>, changes: Variables = {}): Record<string, string> {
  const merged = { ...env, ...changes };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
