// Field schemas that more than one noun uses.
import Type, {type TString} from 'typebox'

/** A record name: letters, digits, `.`, `_`, `-`; starts with a letter or digit. */
export const name = (what: string): TString =>
  Type.String({pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$', description: `name of ${what}`})

const hostnamePattern =
  '^(?:(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?|\\[[0-9a-f:.]+\\])$'

/** A hostname as it stands in `Host`, lower case, without port; an IPv4 address or `[IPv6]` literal too. */
export const hostname = (text: string): TString =>
  Type.String({maxLength: 255, pattern: hostnamePattern, description: text})

export const isHostname = (text: string): boolean =>
  text.length <= 255 && new RegExp(hostnamePattern).test(text)

/** An upstream URL: http or https, no user name, query or fragment. */
export const upstreamUrl = (text: string): TString =>
  Type.String({
    maxLength: 2048,
    pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@]+(?:/[^\\s?#]*)?$',
    description: text,
  })

/** A domain as a certificate names it: lower case, no trailing dot, `*.` in front of a wildcard; or an IP address. */
export const domainName = (text: string): TString =>
  Type.String({
    maxLength: 253,
    pattern:
      '^(?:(?:\\*\\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?|[0-9a-f:.]*:[0-9a-f:.]*)$',
    description: text,
  })
