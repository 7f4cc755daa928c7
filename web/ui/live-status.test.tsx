import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { LiveStatus } from './live-status.tsx';

afterEach(cleanup);

const usual = { updatedAtMs: null, caughtUp: null, missing: 0 };
const words = () => screen.getByRole('status').textContent;

describe('LiveStatus', () => {
  it('says when the worker has gone silent', async () => {
    render(<LiveStatus {...usual} state="live" heartbeatAtMs={Date.now() - 600_000} />);
    const silence = /no sign of life from its worker for 10/;
    expect(await screen.findByText(silence, {}, { timeout: 5_000 })).toBeTruthy();
  });

  it('says that a connection was lost and that what is shown is old', () => {
    render(<LiveStatus {...usual} state="lost" lostAtMs={Date.now()} />);
    expect(words()).toContain('connection lost');
    expect(words()).toContain('last known state');
  });

  it('says after it came back that nothing was missed', () => {
    render(<LiveStatus {...usual} state="live" caughtUp={14} />);
    expect(words()).toContain('14 points caught up, nothing missed');
  });

  it('never claims that nothing was missed when something was', () => {
    render(<LiveStatus {...usual} state="live" caughtUp={14} missing={2} />);
    expect(words()).not.toContain('nothing missed');
    expect(words()).toContain('2 points missing');
  });

  it('says when no more will come', () => {
    render(<LiveStatus {...usual} state="ended" />);
    expect(words()).toContain('nothing more will come');
  });
});
