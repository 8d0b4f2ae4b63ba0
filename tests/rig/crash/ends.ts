// How a program that was hit must end, and what of a file may differ from one run to the next. Knows no scenario.
import path from 'node:path';
import type { Project } from '../project.ts';
import type { RunResult } from '../running.ts';
import type { Fault } from './shim.ts';

const KILLS: readonly Fault['action'][] = ['kill', 'kill-after', 'torn'];

/** An error of the disk is told in words and by an exit code, and is no defect. */
export function saneEnd({ action, at }: Fault, { code, signal, stderr }: RunResult): string[] {
  if (KILLS.includes(action))
    return signal === 'SIGKILL' || code !== null
      ? code === 70
        ? [`it ended with ${code} at ${at}: ${stderr}`]
        : []
      : [`it ended by ${signal} at ${at}: ${stderr}`];
  const told = code === 0 || stderr.trim() !== '';
  return [
    ...(code !== null && code <= 3 ? [] : [`it ended with ${code ?? signal}: ${stderr.slice(-600)}`]),
    ...(/\n\s+at .*:\d+:\d+/.test(stderr) ? ['it shows a stack'] : []),
    ...(told ? [] : ['it says nothing of the error']),
    ...(/^error: .*: *$/m.test(stderr) ? [`it gives no reason: ${stderr}`] : []),
  ];
}

/** A file's text without what no two runs have in common: times, and where the temporary folder is. */
export function stripped(text: string, project: Project): string {
  return text
    .replaceAll(path.dirname(project.dir), '…')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/duration_ms: \d+/g, 'duration_ms: N');
}
