// A task that a model works on. A type alone.

import type { AiWork, Task } from '../../../runbook/task.ts';

export type AiTask = Task & { readonly work: AiWork };
