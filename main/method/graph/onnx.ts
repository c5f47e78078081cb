/**
 * ONNX models as bytes: the protobuf format of onnx.proto3, operator set 18 (onnxruntime runs it on every provider).
 * Large weights stay outside: an initializer may name a range of a file in the folder of the model.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import type { Attribute, ElementType, ExternalData, Graph, Initializer, Node, Value } from './graph.ts';

const operatorSet = 18n;
/** The first version of the format that allows operator set 18. */
const formatVersion = 8n;

const dataTypes: Record<ElementType, number> = {
  float32: TensorProto_DataType.FLOAT,
  float64: TensorProto_DataType.DOUBLE,
  float16: TensorProto_DataType.FLOAT16,
  int64: TensorProto_DataType.INT64,
};

/** The graph as an ONNX model. */
export function encodeModel(graph: Graph, name: string): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: formatVersion,
    opsetImport: [{ domain: '', version: operatorSet }],
    producerName: 'mediclip-workstation',
    graph: {
      name,
      node: usedNodes(graph).map((node) => ({
        opType: node.operator,
        name: node.outputs[0]!.name,
        input: node.inputs.map((value) => value.name),
        output: node.outputs.map((value) => value.name),
        attribute: Object.entries(node.attributes).map(([key, value]) => encodeAttribute(node, key, value)),
      })),
      initializer: graph.initializers.map(encodeInitializer),
      input: graph.inputs.map(encodeSignature),
      output: graph.outputs.map(encodeSignature),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

/** Nodes that an output depends on, in their order: onnxruntime would run the others too. */
function usedNodes({ nodes, outputs }: Graph): Node[] {
  const needed = new Set<Value>(outputs);
  const used: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    used.push(node);
  }
  return used.reverse();
}

function encodeAttribute(node: Node, name: string, value: Attribute): AttributeProto {
  // Cast names its target by a number of the format.
  if (node.operator === 'Cast' && name === 'to') value = dataTypes[value as ElementType];
  if (typeof value === 'number')
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  if (typeof value === 'string') {
    const s = new TextEncoder().encode(value);
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRING, s });
  }
  if ('float' in value)
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}

function encodeInitializer({ value, data }: Initializer): TensorProto {
  const tensor = { name: value.name, dims: value.shape.map(BigInt), dataType: dataTypes[value.type] };
  if (isExternal(data))
    return create(TensorProtoSchema, {
      ...tensor,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: [
        { key: 'location', value: data.file },
        { key: 'offset', value: String(data.offset) },
        { key: 'length', value: String(data.length) },
      ],
    });
  return create(TensorProtoSchema, { ...tensor, rawData: rawBytes(value.type, data) });
}

function isExternal(data: Initializer['data']): data is ExternalData {
  return 'file' in data;
}

/** Little-endian bytes, as the format wants them and every machine that we build for has them. */
function rawBytes(type: ElementType, data: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  if (type === 'float32') return new Uint8Array(Float32Array.from(data).buffer);
  if (type === 'float64') return new Uint8Array(Float64Array.from(data).buffer);
  if (type === 'int64') return new Uint8Array(BigInt64Array.from(Array.from(data, BigInt)).buffer);
  return new Uint8Array(Uint16Array.from(data).buffer); // float16 comes as bit patterns
}

/** Name, type and shape of an input or output; multiples of the batch get a symbolic name. */
function encodeSignature(value: Value): ValueInfoProto {
  const dim = value.shape.map((side) => ({
    value:
      side >= 0
        ? { case: 'dimValue' as const, value: BigInt(side) }
        : { case: 'dimParam' as const, value: side === -1 ? 'batch' : `batch_times_${-side}` },
  }));
  return create(ValueInfoProtoSchema, {
    name: value.name,
    type: { value: { case: 'tensorType', value: { elemType: dataTypes[value.type], shape: { dim } } } },
  });
}
