// Every problem of the quickie templates of a project or a person, for validate: shapes, prompts, inputs, examples, models. Asks no model.

import { ok } from '../base/result.ts';
import { loadModels, type Models, type ModelsHome, resolveModel } from '../calls/models.ts';
import type { Problem } from '../runbook/problem.ts';
import { checkTemplate } from '../templates/quickie/check.ts';
import { loadLibrary, type QuickiePlace } from '../templates/quickie/library.ts';
import type { QuickieTemplate } from '../templates/quickie/types.ts';

export type LibraryCheck = { readonly templates: number; readonly problems: readonly Problem[] };

export async function checkLibrary(home: ModelsHome, places: readonly QuickiePlace[]): Promise<LibraryCheck> {
  const [library, models] = [await loadLibrary(places), await loadModels(home)];
  const problems: Problem[] = [...library.problems];
  // Where no template is, nobody uses the models by them.
  if (!models.ok && library.entries.size > 0) problems.push(...models.error);
  for (const entry of library.entries.values()) {
    if (!entry.ok) problems.push(...entry.error);
    else problems.push(...(await checkTemplate(entry.value)));
    if (entry.ok && models.ok) problems.push(...modelProblems(models.value, entry.value));
  }
  return { templates: library.entries.size, problems };
}

function modelProblems(models: Models, template: QuickieTemplate): Problem[] {
  const { model, source, name } = template;
  const found = model === undefined ? ok('') : resolveModel(models, model);
  if (found.ok) return [];
  const spot = { source, path: ['quickie_templates', name, 'model'] };
  return [{ severity: 'error', code: 'unknown-alias', ...found.error, spot }];
}
