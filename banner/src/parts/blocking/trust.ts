/** HTML that the page itself was about to use, for pages with `require-trusted-types-for 'script'`. */
interface Policy {
  createHTML(html: string): string
}

const factory = (window as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes
let policy: Policy | undefined

export function trustedHtml(html: string): string {
  policy ??= factory?.createPolicy('consent-server-blocking', { createHTML: (text) => text })
  return policy ? policy.createHTML(html) : html
}
