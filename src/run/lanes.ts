// Keeps apart what several tasks say at the same time: one of them is heard as it speaks, the others when their turn comes. Knows
// nothing of what is said.

import type { News, Report } from './ports.ts';

/** What one task may say before it is heard; its whole output is in its log. */
const MOST_KEPT = 1_000_000;

export type Lane = {
  readonly report: Report;
  /** From now on it alone is heard: a person is about to be asked. */
  readonly first: () => void;
  readonly end: () => void;
};

type Waiting = { news: News[]; size: number; lost: number; ended: boolean; title?: News };

/** With one lane at a time, everything passes at once. */
export function createLanes(report: Report): { readonly open: () => Lane } {
  const lanes: Waiting[] = [];
  const say = (lane: Waiting) => {
    const { news, lost } = lane;
    [lane.news, lane.size, lane.lost] = [[], 0, 0];
    for (const one of news) report(one);
    if (lost > 0) report({ kind: 'note', message: `${lost} characters more are in its log` });
  };
  /** The next one speaks; those that have ended leave. */
  const advance = () => {
    for (let [front] = lanes; front; [front] = lanes) {
      say(front);
      if (!front.ended) return;
      lanes.shift();
    }
  };
  return {
    open() {
      const lane: Waiting = { news: [], size: 0, lost: 0, ended: false };
      lanes.push(lane);
      return {
        report(news) {
          if (news.kind === 'task-started') lane.title = news;
          if (lanes[0] === lane) report(news);
          else keep(lane, news);
        },
        first() {
          const [front] = lanes;
          // Whoever was speaking says again who they are when they go on.
          if (front?.title && front !== lane) front.news.unshift(front.title);
          lanes.splice(lanes.indexOf(lane), 1);
          lanes.unshift(lane);
          say(lane);
        },
        end() {
          lane.ended = true;
          advance();
        },
      };
    },
  };
}

function keep(lane: Waiting, news: News): void {
  if (news.kind !== 'script-output' && news.kind !== 'model-text') {
    lane.news.push(news);
    return;
  }
  const room = Math.max(0, MOST_KEPT - lane.size);
  lane.lost += Math.max(0, news.text.length - room);
  lane.size += Math.min(room, news.text.length);
  if (room > 0) lane.news.push({ ...news, text: news.text.slice(0, room) });
}
