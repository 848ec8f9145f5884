import type { ExportContext, Listing } from '../core/ports.ts'
import { active, type Files, type Protocol, type ProtocolConfigs } from './protocol.ts'

/** The formats that protocols bring beside those of the list. */
export function exportFormats(protocols: readonly Protocol[]): readonly string[] {
  return protocols.flatMap(({ exports = {} }) => Object.keys(exports))
}

/** Whether a format is one file, so that it may go to standard output. */
export function isSingleFile(format: string, protocols: readonly Protocol[]): boolean {
  return protocols.some(({ exports }) => exports?.[format]?.single === true)
}

/** The files of a protocol's own format, by name; throws an Error for the user where that protocol is off. */
export async function exportPoints(
  format: string,
  listings: readonly Listing[],
  { protocols, configs }: { readonly protocols: readonly Protocol[]; readonly configs: ProtocolConfigs },
  context: ExportContext,
): Promise<Files> {
  const whose = protocols.find(({ exports }) => exports?.[format] !== undefined)
  const [own] = active(protocols, configs).filter((protocol) => protocol === whose)
  const files = await own?.exports?.[format]?.files(configs[own.name], listings, context)
  if (files === undefined)
    throw new Error(`${format} is a format of ${whose?.name ?? 'no protocol'}, which the configuration does not have`)
  return files
}
