/** A page that explains itself when the API is away, already in the HTML the server sends. */
import type { ReactNode } from 'react';
import { ApiRefused, ApiUnreachable } from '../../graphql/ask.ts';
import { Outage } from './outage.tsx';

export function withOutage<Props>(
  page: (props: Props) => Promise<ReactNode>,
): (props: Props) => Promise<ReactNode> {
  return async (props) => {
    try {
      return await page(props);
    } catch (error) {
      if (error instanceof ApiUnreachable || error instanceof ApiRefused) return <Outage error={error} />;
      throw error;
    }
  };
}
