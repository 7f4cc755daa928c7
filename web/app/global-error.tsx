'use client';
/** The last resort, when even the frame of the site broke: no style sheet of ours is there. */
export default function GlobalError({ reset }: { readonly reset: () => void }) {
  return (
    <html lang="en">
      <body style={{ font: '16px/1.5 sans-serif', maxWidth: '60ch', margin: '10vh auto', padding: '0 16px' }}>
        <h1>residua broke here</h1>
        <p>
          The frame of the site failed to draw. Data and runs are not touched; the API still answers scripts.
        </p>
        <button type="button" onClick={reset}>
          Try again
        </button>
      </body>
    </html>
  );
}
