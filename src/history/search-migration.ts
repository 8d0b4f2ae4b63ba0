// The step of history.db that makes calls searchable and deletable. Knows the columns of 001 only.
//
// The index holds no text of its own: it reads the rows through a view. It names them by rowid, which VACUUM keeps only where no row
// was ever removed; none is, because a deleted call stays as its cost line, and so every sum over the rows stays right by itself.
//
// A row is as long as its texts, and its later columns lie behind them: the wide index answers every filter without reading a row.

import type { Migration } from '../database/open.ts';

export const SEARCH_MIGRATION: Migration = {
  name: '004_search',
  why: 'full-text search over prompts and answers; a deleted call keeps its row without texts, which is its cost line',
  sql: `
    ALTER TABLE quickies ADD COLUMN deleted_at TEXT;
    CREATE INDEX idx_quickies_deleted ON quickies (deleted_at);
    CREATE INDEX idx_quickies_filter ON quickies
      (deleted_at, source, status, task_id, model, resolved_model, template_name, prompt_hash, created_at);
    CREATE VIEW call_texts AS
      SELECT rowid AS call, prompt_text AS prompt, CASE WHEN json_valid(output) THEN json_extract(output, '$.text') END AS answer
      FROM quickies;
    CREATE VIRTUAL TABLE call_search USING fts5 (
      prompt, answer, content = 'call_texts', content_rowid = 'call', tokenize = 'unicode61 remove_diacritics 2'
    );
    INSERT INTO call_search (call_search, rank) VALUES ('secure-delete', 1);
    INSERT INTO call_search (call_search) VALUES ('rebuild');
    CREATE TRIGGER call_search_insert AFTER INSERT ON quickies BEGIN
      INSERT INTO call_search (rowid, prompt, answer)
        VALUES (new.rowid, new.prompt_text, CASE WHEN json_valid(new.output) THEN json_extract(new.output, '$.text') END);
    END;
    CREATE TRIGGER call_search_update AFTER UPDATE OF prompt_text, output ON quickies
      WHEN new.prompt_text <> old.prompt_text OR new.output IS NOT old.output BEGIN
      INSERT INTO call_search (call_search, rowid, prompt, answer) VALUES ('delete', old.rowid, old.prompt_text,
        CASE WHEN json_valid(old.output) THEN json_extract(old.output, '$.text') END);
      INSERT INTO call_search (rowid, prompt, answer)
        VALUES (new.rowid, new.prompt_text, CASE WHEN json_valid(new.output) THEN json_extract(new.output, '$.text') END);
    END;
    CREATE TRIGGER call_search_delete AFTER DELETE ON quickies BEGIN
      INSERT INTO call_search (call_search, rowid, prompt, answer) VALUES ('delete', old.rowid, old.prompt_text,
        CASE WHEN json_valid(old.output) THEN json_extract(old.output, '$.text') END);
    END;`,
};
