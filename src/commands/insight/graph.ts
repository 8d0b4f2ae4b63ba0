// stub
import type { App } from '../../app.ts';
export async function graph(_app: App, _options?: unknown): Promise<number> {
  return 0;
}
