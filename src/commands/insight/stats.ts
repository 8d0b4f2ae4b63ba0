// stub
import type { App } from '../../app.ts';
export async function stats(_app: App, _options?: unknown): Promise<number> {
  return 0;
}
