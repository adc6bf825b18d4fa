// The JSON Schema of tearless.yaml, made from the zod schema: completion and checks in editors.
import { z } from 'zod';
import { Config } from './schema.ts';

export const renderConfigJsonSchema = (): string =>
  `${JSON.stringify(z.toJSONSchema(Config, { io: 'input', target: 'draft-7' }), null, 2)}\n`;
