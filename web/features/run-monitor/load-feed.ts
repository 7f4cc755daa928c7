/** All points of a run so far, for the first picture; the socket goes on from its lastSeq. Server only. */
import { ask } from '../../graphql/ask.ts';
import { RunPointsDocument } from '../../graphql/generated/graphql.ts';
import { EMPTY_FEED, takePoints, type Feed } from './feed.ts';

const PAGE = 5_000; // the API gives at most 10,000
/** A run that logged more than this is drawn from its beginning until here; the socket brings the rest. */
const MAX_PAGES = 10;

export async function loadFeed(id: string): Promise<Feed> {
  let feed = EMPTY_FEED;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { run } = await ask(RunPointsDocument, { id, afterSeq: feed.lastSeq, first: PAGE });
    if (!run || run.points.length === 0) break;
    feed = takePoints(feed, run.points);
    if (run.points.length < PAGE) break;
  }
  return feed;
}
