/** What the API refuses, by its code. */
const LIMITS: readonly { readonly what: string; readonly limit: string; readonly code: string }[] = [
  { what: 'rows of a page of features', limit: '1 to 500', code: 'BAD_PAGE_SIZE' },
  { what: 'rows of any other page', limit: '1 to 200', code: 'BAD_PAGE_SIZE' },
  { what: 'metric points of one answer', limit: '1 to 10,000', code: 'BAD_PAGE_SIZE' },
  { what: 'levels of nested fields', limit: '12', code: 'TOO_DEEP' },
  { what: 'aliases in a document', limit: '30', code: 'TOO_MANY_ALIASES' },
  { what: 'cost of a query, fields that could be returned', limit: '60,000', code: 'TOO_COSTLY' },
  { what: 'size of a request', limit: '128 KiB', code: 'TOO_LARGE' },
  { what: 'operations at once on one socket', limit: '50', code: 'TOO_MANY_OPERATIONS' },
];

export function Limits() {
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">what</th>
            <th scope="col">limit</th>
            <th scope="col">extensions.code beyond it</th>
          </tr>
        </thead>
        <tbody>
          {LIMITS.map(({ what, limit, code }) => (
            <tr key={what}>
              <td>{what}</td>
              <td>{limit}</td>
              <td>
                <code>{code}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
