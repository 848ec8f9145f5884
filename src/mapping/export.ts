import type { ExportContext, Listing } from '../core/ports.ts'
import { active, type Protocol, type ProtocolConfigs } from './protocol.ts'

/** The formats that protocols bring beside those of the list. */
export function exportFormats(protocols: readonly Protocol[]): readonly string[] {
  return protocols.flatMap(({ exports = {} }) => Object.keys(exports))
}

/** The files of a protocol's own format, by name; throws an Error for the user where that protocol is off. */
export function exportPoints(
  format: string,
  listings: readonly Listing[],
  { protocols, configs }: { readonly protocols: readonly Protocol[]; readonly configs: ProtocolConfigs },
  context: ExportContext,
): ReadonlyMap<string, string | Uint8Array> {
  const whose = protocols.find(({ exports }) => exports?.[format] !== undefined)
  const [own] = active(protocols, configs).filter((protocol) => protocol === whose)
  const files = own?.exports?.[format]?.files(configs[own.name], listings, context)
  if (files === undefined)
    throw new Error(`${format} is a format of ${whose?.name ?? 'no protocol'}, which the configuration does not have`)
  return files
}
