// Keeps apart what several tasks say at the same time: one of them is heard as it speaks, the others whole when they have ended. Knows
// nothing of what is said.

import type { Task } from '../runbook/task.ts';
import type { News, Report } from './ports.ts';

/** What one task may say before it is heard; its whole output is in its log. */
const MOST_KEPT = 1_000_000;

export type Lane = {
  readonly report: Report;
  /** From now on it alone is heard, without a break until its end: a person is about to be asked. */
  readonly first: () => void;
  readonly end: () => void;
};

type Waiting = {
  readonly task: Task;
  news: News[];
  size: number;
  lost: number;
  ended: boolean;
  /** Nobody may break in. */
  whole: boolean;
  spoke: boolean;
  /** Others were heard since it spoke last. */
  cut: boolean;
};

export type Lanes = { readonly open: (task: Task) => Lane };

/**
 * With one lane at a time, everything passes at once. `eventsAtOnce`: whoever listens can tell which task says what, so that only what
 * scripts print is kept apart.
 */
export function createLanes(report: Report, { eventsAtOnce = false } = {}): Lanes {
  const lanes: Waiting[] = [];
  const speak = (lane: Waiting, news: News) => {
    // Whoever was speaking says again who they are when they go on. Of its end the news says that itself.
    if (lane.cut && news.kind !== 'task-ended' && news.kind !== 'task-waits')
      report({ kind: 'task-goes-on', task: lane.task });
    lane.cut = false;
    lane.spoke = true;
    // What comes of a model is read, and pointed at, as one piece.
    lane.whole ||= news.kind === 'model-call';
    report(news, lane.task.id);
  };
  const say = (lane: Waiting) => {
    const { news, lost } = lane;
    [lane.news, lane.size, lane.lost] = [[], 0, 0];
    for (const one of news) speak(lane, one);
    if (lost > 0) speak(lane, { kind: 'note', message: `${lost} characters more are in its log` });
  };
  const leave = (lane: Waiting) => {
    say(lane);
    lanes.splice(lanes.indexOf(lane), 1);
  };
  const breakIn = (lane: Waiting, front: Waiting) => {
    leave(lane);
    front.cut = front.spoke;
  };
  /** Those that have ended are heard, then the next one speaks. */
  const advance = () => {
    for (const lane of lanes.filter(({ ended }) => ended)) leave(lane);
    const [front] = lanes;
    if (front) say(front);
  };
  return {
    open(task) {
      const lane: Waiting = { task, news: [], size: 0, lost: 0, ended: false, whole: false, spoke: false, cut: false };
      lanes.push(lane);
      return {
        report(news) {
          if (eventsAtOnce && news.kind !== 'script-output') report(news, task.id);
          else if (lanes[0] === lane) speak(lane, news);
          else keep(lane, news);
        },
        first() {
          const [front] = lanes;
          if (front && front !== lane) front.cut = front.spoke;
          lane.whole = true;
          lanes.splice(lanes.indexOf(lane), 1);
          lanes.unshift(lane);
          say(lane);
        },
        end() {
          lane.ended = true;
          const [front] = lanes;
          if (front === lane) advance();
          else if (front && !front.whole) breakIn(lane, front);
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
