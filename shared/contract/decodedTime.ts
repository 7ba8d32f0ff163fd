/**
 * A time as formats with types of their own have it. Not a number: a contract that declares one for it is told so,
 * instead of getting another unit than the producer wrote.
 */
export class DecodedTime {
  /** Microseconds since 1970; of a local time those of its clock. */
  readonly micros: bigint
  /** A wall clock's time, without a zone. */
  readonly isLocal: boolean

  constructor(micros: bigint, isLocal = false) {
    this.micros = micros
    this.isLocal = isLocal
  }
}
