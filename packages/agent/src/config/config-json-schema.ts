import { z } from 'zod';
import { configSchema } from './config-schema.ts';

/** A part of the JSON Schema (2020-12) of `evertoken.yaml`, as far as it is read here. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: false | SchemaNode;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly pattern?: string;
  readonly description?: string;
  readonly default?: unknown;
  /** The default in words, where it depends on others. */
  readonly defaultText?: string;
  readonly examples?: readonly unknown[];
}

let made: SchemaNode | undefined;

/** The JSON Schema of the config file, made of {@link configSchema}. */
export function configJsonSchema(): SchemaNode {
  made ??= z.toJSONSchema(configSchema, {
    io: 'input',
    // zod leaves out what is transformed while it is read. All of ours are written as texts.
    override: ({ zodSchema, jsonSchema }) => {
      const { examples } = z.globalRegistry.get(zodSchema) ?? {};
      if (examples !== undefined) jsonSchema.examples = examples as typeof jsonSchema.examples & {};
    },
  }) as SchemaNode;
  return made;
}

/** All ways that a value at `node` may be written. */
export function waysOf(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf === undefined ? [node] : node.anyOf.flatMap(waysOf);
}
