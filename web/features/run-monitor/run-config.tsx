/** What a run was asked to do. */
export function RunConfig({ config }: { readonly config: unknown }) {
  return (
    <details>
      <summary>config of the run</summary>
      <pre tabIndex={0}>
        <code>{JSON.stringify(config, null, 2)}</code>
      </pre>
    </details>
  );
}
