import { BacnetReject } from './error-code.ts'

/** The name of a number in a table that no vendor may extend; a number that isn't there is a BacnetReject. */
export function enumerationName<Name extends string>(table: Readonly<Record<Name, number>>, value: number): Name {
  for (const name in table) if (table[name] === value) return name
  throw new BacnetReject('undefined-enumeration')
}
