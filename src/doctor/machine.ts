// What this machine must have, whatever the project. Looks only.

import { findProgram } from '../system/upkeep.ts';
import { type Check, fine } from './check.ts';

const NODE_MAJOR = 22;
const NODE_MINOR = 18;

export function machineChecks(env: Readonly<Record<string, string | undefined>>, nodeVersion: string): Check[] {
  return [nodeCheck(nodeVersion), editorCheck(env)];
}

function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > NODE_MAJOR || (major === NODE_MAJOR && minor >= NODE_MINOR)) return fine('node', `Node ${version}`);
  return {
    id: 'node',
    level: 'error',
    message: `Node ${version} is too old`,
    advice: `install Node ${NODE_MAJOR}.${NODE_MINOR} or newer`,
  };
}

/** As terminal/person.ts chooses it. */
function editorCheck(env: Readonly<Record<string, string | undefined>>): Check {
  const name = env.VISUAL ? 'VISUAL' : env.EDITOR ? 'EDITOR' : undefined;
  const command = env.VISUAL || env.EDITOR || 'vi';
  const [program = ''] = command.trim().split(/\s+/);
  const from = name === undefined ? 'EDITOR is not set' : `$${name}`;
  // A line that needs the shell to be understood is taken on trust.
  if (/["'$\\~]/.test(program) || findProgram(program, env) !== undefined)
    return fine('editor', `editor: ${command} (${from})`);
  return {
    id: 'editor',
    level: 'warning',
    message: `the editor "${program}" is not there (${from})`,
    advice: 'set EDITOR to an editor that waits until you close the file, such as: export EDITOR="code --wait"',
  };
}
