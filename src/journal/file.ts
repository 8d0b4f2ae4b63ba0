// Where the journal lies, for whoever must know that without opening it.

import path from 'node:path';

export const STATE_DB = path.join('.orchestrate', 'state.db');
