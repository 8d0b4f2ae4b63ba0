// Hands the terminal to another program, such as an editor, and waits for it. Knows nothing of what is edited.
// execa here, where its load time does not count and its care for shells and platforms does; scripts run in processes.ts.

/** Runs a shell line on the terminal; its output goes where our stderr goes, since stdout may be a pipe. Gives the exit code, if any. */
export async function runOnTerminal(line: string, env: Readonly<Record<string, string>>): Promise<number | undefined> {
  const { execa } = await import('execa');
  const options = {
    shell: true,
    stdin: 'inherit',
    stdout: process.stderr,
    stderr: 'inherit',
    env,
    extendEnv: false,
    reject: false,
    buffer: false,
  } as const;
  return (await execa(line, options)).exitCode;
}
