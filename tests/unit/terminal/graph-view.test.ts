// The graph in each form; names cannot break out of any of them.
import { describe, expect, test } from 'vitest';
import type { TaskId } from '../../../src/runbook/task.ts';
import { drawSvg } from '../../../src/terminal/graph-svg.ts';
import { drawDot, drawMermaid, drawTextGraph } from '../../../src/terminal/graph-view.ts';
import { runbookOf } from '../making.ts';
import { PLAIN } from './plain-style.ts';

const RUNBOOK = runbookOf(
  [
    { id: 'a', name: 'Build', status: 'DONE', phase: 'Make' },
    { id: 'end', name: 'Say "end"; <b>#1</b> & `x`', status: 'ERROR', dependsOn: ['a'] },
    {
      id: 'c',
      name: 'A name that goes on and on until it does not fit\nany more',
      dependsOn: ['a', 'end'],
      phase: 'Make',
    },
  ],
  { name: 'demo "x" \\' },
);
const VIEW = { runbook: RUNBOOK, stale: new Set(['a' as TaskId]) };

describe('the graph', () => {
  test('as text names phases, states and what each rests on', () => {
    expect(drawTextGraph(VIEW, { style: PLAIN, width: 40 })).toBe(
      [
        'Make',
        '  ✓ a: Build (stale)',
        '  · c: A name that goes on and on until',
        '      it does not fit any more ← a, end',
        '(no phase)',
        '  ✗ end: Say "end"; <b>#1</b> & `x` ← a',
        '',
      ].join('\n'),
    );
  });

  test('for mermaid', () => {
    expect(drawMermaid(VIEW)).toBe(
      [
        'flowchart LR',
        '  subgraph p0["Make"]',
        '    t0["a<br/>Build"]:::STALE',
        '    t2["c<br/>A name that goes on and on until it does not fit any more"]:::PENDING',
        '  end',
        '  t1["end<br/>Say #quot;end#quot;; #lt;b#gt;#35;1#lt;/b#gt; & #96;x#96;"]:::ERROR',
        '  t0 --> t1',
        '  t0 --> t2',
        '  t1 --> t2',
        '  classDef PENDING fill:#f2f2f2,stroke:#777777,color:#000000',
        '  classDef ERROR fill:#ffdcd9,stroke:#c62828,color:#000000',
        '  classDef STALE fill:#ffe5cc,stroke:#c25e00,color:#000000',
        '',
      ].join('\n'),
    );
  });

  test('for Graphviz', () => {
    const dot = drawDot(VIEW);
    expect(dot.split('\n')[0]).toBe('digraph "demo \\"x\\" \\\\" {');
    expect(dot).toContain('subgraph cluster_0 {\n    label="Make";\n    "a" [label="a\\nBuild\\nSTALE"');
    expect(dot).toContain('"end" [label="end\\nSay \\"end\\"; <b>#1</b> & `x`\\nERROR"');
    expect(dot).toContain('  "a" -> "end";\n  "a" -> "c";\n  "end" -> "c";\n}\n');
  });

  test('as an image holds each task, each edge, each phase and a legend, and nothing that a name brought in', () => {
    const svg = drawSvg(VIEW);
    expect(svg.match(/<path d="M\d/g)).toHaveLength(4); // three edges, and the arrow head
    expect(svg).toContain('<title>end: Say &quot;end&quot;; &lt;b&gt;#1&lt;/b&gt; &amp; `x` (ERROR)</title>');
    expect(svg).toContain('>Make</text>');
    expect(svg).toContain('>STALE</text>');
    expect(svg).not.toContain('<b>');
    expect(svg).toContain('>A name that goes on and …<');
    // Every element that is opened is closed.
    for (const tag of ['svg', 'g', 'text', 'title', 'defs', 'marker'])
      expect(svg.match(new RegExp(`<${tag}[ >]`, 'g'))).toHaveLength(
        svg.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0,
      );
  });
});
