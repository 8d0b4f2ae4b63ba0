// `orchestrate add`: a new entry in runbook.yaml and its detail file.

import { type App, openProject } from '../app.ts';
import { addTask } from '../authoring/new-task.ts';
import type { TaskWish } from '../authoring/task-wish.ts';
import { checkTask } from '../run/check.ts';
import { BUILT_IN_VARIABLES } from '../run/context.ts';
import { placeProblems } from '../runbook/problem.ts';
import { loadRunbook } from '../runbook/store.ts';
import { RUNBOOK_FILE } from '../system/paths.ts';
import { drawDiagnostics } from '../terminal/diagnostics.ts';
import { writeJson } from '../terminal/io.ts';
import { jsonDiagnostic } from '../terminal/json.ts';
import { fail } from './outcome.ts';

export async function add(app: App, wish: TaskWish): Promise<number> {
  const project = openProject(app);
  if (!project.ok) return fail(app.io, project.error);
  const { root } = project.value;
  const added = await addTask(root, wish, BUILT_IN_VARIABLES);
  if (!added.ok) return fail(app.io, added.error);
  const { created, lacksModel } = added.value;
  const problems = await problemsOf(root, wish.id);
  const { io } = app;
  if (io.json) {
    writeJson(io, {
      id: wish.id,
      type: wish.type,
      changed: [RUNBOOK_FILE],
      created,
      needs_model: lacksModel,
      problems: problems.map(jsonDiagnostic),
    });
    return 0;
  }
  if (!io.quiet) {
    io.out(`${io.style.good('✓')} ${io.style.bold(wish.id)} (${wish.type}) stands at the end of ${RUNBOOK_FILE}\n`);
    for (const file of created) io.out(`  new: ${file}${file === wish.template ? ', a template to start from' : ''}\n`);
  }
  if (lacksModel)
    io.err(
      `${io.errStyle.warn('note')}: no model is named yet\n  ${io.errStyle.accent('→')} add "ai: {model: NAME}" to ${RUNBOOK_FILE}, or "model" to the ai_details of the task\n`,
    );
  if (problems.length > 0) io.err(`What the task still needs:\n${drawDiagnostics(problems, io.errStyle)}`);
  return 0;
}

/** What "validate" will say of the new task: such as values that its template needs. */
async function problemsOf(root: string, id: string) {
  const loaded = await loadRunbook(root);
  const task = loaded.ok ? loaded.value.tasks.find((one) => one.id === id) : undefined;
  return loaded.ok && task ? placeProblems(await checkTask(root, loaded.value, task)) : [];
}
