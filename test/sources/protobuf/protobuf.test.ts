import protobuf from 'protobufjs'
import descriptor from 'protobufjs/ext/descriptor.js'
import { describe, expect, test } from 'vitest'

import { DecodedTime } from '../../../shared/contract/index.js'
import { protobufDecoder, protobufSchema } from '../../../shared/sources/protobuf/index.js'

const text = `
syntax = "proto3";
package shop.orders;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
import "confluent/type/decimal.proto";
import "shared/address.proto";
message First { string a = 1; message Inner { int32 n = 1; message Deepest { bool b = 1; } } enum E { X = 0; } message Second { string s = 1; } }
enum Kind { KIND_UNKNOWN = 0; KIND_SALE = 1; }
message Order {
  string order_id = 1;
  int64 amount = 2;
  uint64 most = 3;
  sint64 signed = 4;
  sfixed64 fixed = 5;
  optional string note = 6;
  Kind kind = 7;
  repeated int32 packed = 8;
  repeated int64 unpacked = 9 [packed = false];
  map<string, int64> counts = 10;
  map<int32, Order> parts = 11;
  oneof payment { string card = 12; double cash = 13; Order loan = 14; }
  google.protobuf.Timestamp at = 15;
  google.protobuf.Duration took = 16;
  google.protobuf.StringValue nick = 17;
  google.protobuf.Int64Value big = 18;
  google.protobuf.Struct anything = 19;
  bytes raw = 20;
  bool flag = 21;
  shared.Address home = 22;
  confluent.type.Decimal price = 23;
  float ratio = 24;
  Kind second_kind = 25;
}`
const address = 'syntax = "proto3"; package shared; message Address { string city = 1; repeated string lines = 2; }'
const schema = protobufSchema(text, [address])
const read = protobufDecoder(schema)

const root = new protobuf.Root()
protobuf.parse(address, root, { keepCase: true })
protobuf.parse(
  'syntax = "proto3"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }',
  root,
  { keepCase: true },
)
protobuf.parse(text, root, { keepCase: true })
for (const name of ['timestamp', 'duration', 'wrappers', 'struct']) {
  const types = protobuf.common.get(`google/protobuf/${name}.proto`)?.nested
  if (types !== undefined) root.addJSON(types)
}

/** An order as protobufjs writes it, behind the index of its message. */
function order(value: object): Buffer {
  const type = root.lookupType('shop.orders.Order')
  return Buffer.concat([Buffer.from([2, 2]), type.encode(type.fromObject(value)).finish()])
}

const message = (type: string, value: object, ...indexes: number[]) =>
  Buffer.concat([Buffer.from(indexes), root.lookupType(type).encode(value).finish()])

describe('a message', () => {
  test('whole numbers have all their bits', () => {
    const found = read(
      order({
        amount: '9223372036854775807',
        most: '18446744073709551615',
        signed: '-9223372036854775808',
        fixed: '-1',
        unpacked: ['9007199254740993', 3],
      }),
    )
    expect(found).toMatchObject({
      amount: 2n ** 63n - 1n,
      most: 2n ** 64n - 1n,
      signed: -(2n ** 63n),
      fixed: -1,
      unpacked: [2n ** 53n + 1n, 3],
    })
  })

  test('what is not written has its default, but for what has presence', () => {
    expect(read(order({}))).toEqual({
      order_id: '',
      amount: 0,
      most: 0,
      signed: 0,
      fixed: 0,
      kind: 'KIND_UNKNOWN',
      packed: [],
      unpacked: [],
      counts: {},
      parts: {},
      raw: new Uint8Array(),
      flag: false,
      ratio: 0,
      second_kind: 'KIND_UNKNOWN',
    })
    expect(read(order({ note: '' }))).toMatchObject({ note: '' })
  })

  test('enums are names, and a number that the schema does not name stays one', () => {
    expect(read(order({ kind: 1, second_kind: 7 }))).toMatchObject({ kind: 'KIND_SALE', second_kind: 7 })
  })

  test('maps and messages inside, names of JavaScript among the keys', () => {
    const value = {
      counts: { a: 1, constructor: 2 },
      parts: { '-5': { order_id: 'x' }, 0: {} },
      home: { city: 'Oslo', lines: ['a', ''] },
    }
    expect(read(order(value))).toMatchObject({
      counts: { a: 1, constructor: 2 },
      parts: { '-5': { order_id: 'x' }, 0: { order_id: '' } },
      home: value.home,
    })
    const proto = Buffer.concat([
      order({}),
      Buffer.from([0x52, 0x0d, 0x0a, 0x09, ...Buffer.from('__proto__'), 0x10, 0x07]),
    ])
    expect(Object.entries((read(proto) as { counts: object }).counts)).toEqual([['__proto__', 7]])
  })

  test('of a oneof the last member written is there', () => {
    expect(read(order({ card: 'visa' }))).not.toHaveProperty('cash')
    const both = Buffer.concat([
      order({ card: 'visa' }),
      order({ loan: { order_id: 'l' } }).subarray(2),
      order({ cash: 1.5 }).subarray(2),
    ])
    const found = read(both)
    expect(found).toMatchObject({ cash: 1.5 })
    expect(found).not.toHaveProperty('card')
    expect(found).not.toHaveProperty('loan')
  })

  test('a message in pieces is put together', () => {
    const pieces = Buffer.concat([
      order({ home: { city: 'Oslo', lines: ['a'] } }),
      order({ home: { lines: ['b'] } }).subarray(2),
    ])
    expect(read(pieces)).toMatchObject({ home: { city: 'Oslo', lines: ['a', 'b'] } })
  })

  test('types of Google and Confluent are what they stand for', () => {
    const found = read(
      order({
        at: { seconds: -1, nanos: 999_999_999 },
        took: { seconds: 1, nanos: 500_000_000 },
        nick: { value: '' },
        big: { value: '9007199254740993' },
        anything: {
          fields: {
            n: { numberValue: 1 },
            l: { listValue: { values: [{ boolValue: true }, { nullValue: 0 }] } },
            s: { structValue: { fields: {} } },
          },
        },
        price: { value: Buffer.from([0xff, 0x38]), precision: 9, scale: 2 },
      }),
    )
    expect(found).toMatchObject({ took: '1.500000000', nick: '', big: 2n ** 53n + 1n, price: '-2.00' })
    expect((found as { at: unknown }).at).toEqual(new DecodedTime(-1n))
  })

  test('numbers are packed or not, whatever the schema says', () => {
    expect(read(order({ packed: [1, -1, 2] }))).toMatchObject({ packed: [1, -1, 2] })
    const loose = Buffer.concat([order({ packed: [1] }), Buffer.from([0x40, 0x05, 0x4a, 0x02, 0x06, 0x07])])
    expect(read(loose)).toMatchObject({ packed: [1, 5], unpacked: [6, 7] })
  })

  test('fields that the schema does not have are passed over, groups too', () => {
    const later = [0xf8, 0x07, 0x01, 0xf3, 0x07, 0x0a, 0x01, 0x78, 0xf4, 0x07]
    expect(read(Buffer.concat([order({ order_id: 'a' }), Buffer.from(later)]))).toMatchObject({ order_id: 'a' })
  })
})

describe('the indexes of a message', () => {
  test('find it in the file, enums and imports not counted', () => {
    expect(read(message('shop.orders.First', { a: 'x' }, 0))).toEqual({ a: 'x' })
    expect(read(message('shop.orders.First', { a: 'x' }, 2, 0))).toEqual({ a: 'x' })
    expect(read(message('shop.orders.First.Inner', { n: 3 }, 4, 0, 0))).toEqual({ n: 3 })
    expect(read(message('shop.orders.First.Inner.Deepest', { b: true }, 6, 0, 0, 0))).toEqual({ b: true })
    expect(read(message('shop.orders.First.Second', { s: 'y' }, 4, 0, 2))).toEqual({ s: 'y' })
  })

  test.each([[[2, 4]], [[4, 0, 8]], [[1]], [[0xfe, 0xff, 0xff, 0x0f]], [[]]])('%j are of no message', bytes => {
    expect(() => read(Buffer.from(bytes))).toThrow(/no message at|no number of|too early/)
  })
})

test.each(['Order', 'Customer', 'x'.repeat(60)])(
  "a message named %s as Apicurio's serializer does is told how to write",
  name => {
    const ref = Buffer.concat([Buffer.from([name.length + 2, 0x0a, name.length]), Buffer.from(name)])
    expect(() => read(Buffer.concat([ref, order({ order_id: 'a' }).subarray(1)]))).toThrow(/send-indexes=true/)
  },
)

describe('hostile bytes', () => {
  test('cut off anywhere, a message is a message or an error, and nothing else', () => {
    const whole = order({
      order_id: 'abc',
      amount: 5,
      counts: { a: 1 },
      home: { city: 'x' },
      at: { seconds: 1 },
      packed: [1, 2],
    })
    for (let length = 0; length < whole.length; length++) {
      try {
        read(whole.subarray(0, length))
      } catch (error) {
        expect(error).toHaveProperty('path')
      }
    }
  })

  test('messages inside messages end at a depth', () => {
    let inner = Buffer.alloc(0)
    for (let n = 0; n < 200; n++) {
      const length = inner.length < 128 ? [inner.length] : [(inner.length & 0x7f) | 0x80, inner.length >> 7]
      inner = Buffer.concat([Buffer.from([0x72, ...length]), inner])
    }
    expect(() => read(Buffer.concat([Buffer.from([2, 2]), inner]))).toThrow('nested more than 100 deep')
    expect(() => read(Buffer.concat([Buffer.from([2, 2]), Buffer.alloc(100_000, 0xfb)]))).toThrow()
  })

  test('a field of another wire type, and a text that is not UTF-8, are named', () => {
    expect(() => read(Buffer.from([2, 2, 0x08, 0x01]))).toThrow(
      expect.objectContaining({ path: 'order_id', message: expect.stringContaining('wire type 0') as string }) as Error,
    )
    expect(() => read(Buffer.from([2, 2, 0xb2, 0x01, 3, 0x0a, 1, 0xff]))).toThrow(
      expect.objectContaining({ path: 'home.city' }) as Error,
    )
  })
})

describe('a schema', () => {
  test('is a descriptor in base64, too', () => {
    // shop.Order { string id = 1; google.protobuf.Timestamp at = 2; int64 amount = 3 }, behind shop.Unused, by Confluent's Python client.
    const described =
      'ChBzaG9wL29yZGVyLnByb3RvEgRzaG9wGh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvIggKBlVudXNlZCJLCgVPcmRlchIKCgJpZBgBIAEoCRImCgJhdBgCIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXASDgoGYW1vdW50GAMgASgDYgZwcm90bzM='
    const found = protobufDecoder(protobufSchema(described))(Buffer.from('02020a01781805', 'hex'))
    expect(found).toEqual({ id: 'x', amount: 5 })
  })

  test('in descriptors keeps the names of its fields, and one may import another', () => {
    const described = (name: string, message: string, dependency: string[], field: object) =>
      Buffer.from(
        descriptor.FileDescriptorProto.encode(
          descriptor.FileDescriptorProto.fromObject({
            name,
            package: 'p',
            syntax: 'proto3',
            dependency,
            messageType: [{ name: message, field: [{ number: 1, label: 1, ...field }] }],
          }),
        ).finish(),
      ).toString('base64')
    const inner = described('inner.proto', 'Inner', [], { name: 'snake_case', type: 9 })
    const outer = described('outer.proto', 'Outer', ['inner.proto'], {
      name: 'the_inner',
      type: 11,
      typeName: '.p.Inner',
    })
    const bytes = Buffer.from([0, 0x0a, 3, 0x0a, 1, 0x78])
    expect(protobufDecoder(protobufSchema(outer, [inner]))(bytes)).toEqual({ the_inner: { snake_case: 'x' } })
  })

  test('of proto2 fields have presence', () => {
    const old = protobufDecoder(
      protobufSchema('message M { optional int32 a = 1; required string b = 2; repeated int32 c = 3; }'),
    )
    expect(old(Buffer.from([0]))).toEqual({ c: [] })
  })

  test.each([
    ['what is no schema', 'message {'],
    ['a type that nobody declares', 'syntax = "proto3"; message M { Gone g = 1; }'],
    ['an import that is not there', 'syntax = "proto3"; import "x.proto"; message M { x.Y g = 1; }'],
  ])('%s is refused', (_, wrong) => {
    expect(() => protobufSchema(wrong)).toThrow()
  })
})
