// The streams of a run in GitHub Actions or GitLab CI: the platform's commands between the lines, and none by anybody else. Knows
// what a line is, nothing of tasks.

import { newId } from '../../system/clock.ts';
import type { Io } from '../io.ts';
import { githubCommand, gitlabSection } from './commands.ts';

export type Platform = 'github' | 'gitlab';

/** Which of the two this process runs in. */
export function platformOf(env: NodeJS.ProcessEnv): Platform | undefined {
  if (env.GITHUB_ACTIONS === 'true') return 'github';
  return env.GITLAB_CI === 'true' ? 'gitlab' : undefined;
}

export type Streams = {
  readonly io: Io;
  /** What follows can be folded away, up to `close`. */
  readonly open: (id: string, title: string) => void;
  readonly close: () => void;
  /** GitHub's annotations; nothing elsewhere. */
  readonly annotate: (commands: readonly string[]) => void;
  /** Leaves the log as it was found. */
  readonly end: () => void;
};

/**
 * Both streams become one, since nothing else keeps a section and what is in it in order: stdout, or with --json, which has that for
 * itself, stderr. On GitHub, commands are off but for our own: what a script prints at the start of a line (`::error::`,
 * `::set-output::`, `##[…]`) is text and stays text.
 */
export function platformStreams(io: Io, platform: Platform): Streams {
  const log = createLog(io.json ? io.err : io.out);
  return {
    io: { ...io, out: io.json ? io.out : log.write, err: log.write },
    ...(platform === 'github' ? githubStreams(log) : gitlabStreams(log)),
  };
}

type Log = { readonly write: (text: string) => void; readonly line: (text: string) => void };

/** Knows whether the last line was ended: a command counts only at the start of one. */
function createLog(out: (text: string) => void): Log {
  let atLineStart = true;
  const write = (text: string) => {
    if (text === '') return;
    out(text);
    atLineStart = text.endsWith('\n');
  };
  return { write, line: (text) => write(`${atLineStart ? '' : '\n'}${text}\n`) };
}

function githubStreams(log: Log): Omit<Streams, 'io'> {
  const token = newId();
  const stop = githubCommand('stop-commands', {}, token);
  const resume = `::${token}::`;
  const give = (...commands: readonly string[]) => log.line([resume, ...commands, stop].join('\n'));
  log.line(stop);
  return {
    open: (_id, title) => give(githubCommand('group', {}, title)),
    close: () => give(githubCommand('endgroup', {}, '')),
    annotate: (commands) => commands.length > 0 && give(...commands),
    end: () => log.line(resume),
  };
}

function gitlabStreams(log: Log): Omit<Streams, 'io'> {
  let last: string | undefined;
  let opened = 0;
  const seconds = () => Math.floor(Date.now() / 1000);
  return {
    open(id, title) {
      opened += 1;
      // A name of its own for each: a task may be tried twice in one run.
      last = `orchestrate_${opened}_${id.replace(/[^A-Za-z0-9_.-]/g, '_')}`;
      log.line(gitlabSection('start', { id: last, title, at: seconds() }));
    },
    close() {
      if (last !== undefined) log.line(gitlabSection('end', { id: last, at: seconds() }));
      last = undefined;
    },
    annotate: () => undefined,
    end: () => undefined,
  };
}
