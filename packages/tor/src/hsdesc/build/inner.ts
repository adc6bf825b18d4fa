// Builds the inner layer, its lines in C tor's order. rend-spec-v3 §2.5.2.2. The parser is ../inner.ts.
import { renderTime } from '../../netdoc/fields.ts';
import { encodeLinkSpecifiers } from '../../onion/link-specifier.ts';
import { encodeBase64, renderObject } from '../base64.ts';
import { certificateBytes } from '../certificate.ts';
import { type CaaRecord, type InnerLayer, maxIntroPoints, type PowParams } from '../inner.ts';
import type { IntroPoint } from '../intro-point.ts';
import { hsdescError } from '../problem.ts';

/**
 * @returns ends with a newline
 * @throws TorError `hsdesc-too-many-intro-points`, `hsdesc-bad-value`, `onion-bad-link-specifiers`
 */
export function renderInner(inner: InnerLayer): string {
  const { create2Formats, introAuthRequired, isSingleOnionService, flowControl, powParams, caa } = inner;
  const { unknown, introPoints } = inner;
  if (introPoints.length > maxIntroPoints) {
    const what = `${introPoints.length} introduction points are more than ${maxIntroPoints}: clients refuse that`;
    throw hsdescError('too-many-intro-points', what);
  }
  const lines = [
    `create2-formats ${create2Formats.join(' ')}`,
    ...(introAuthRequired === null ? [] : [`intro-auth-required ${introAuthRequired.join(' ')}`]),
    ...(isSingleOnionService ? ['single-onion-service'] : []),
    ...(flowControl === null ? [] : [`flow-control ${flowControl.versions} ${flowControl.sendmeIncrement}`]),
    ...(powParams === null ? [] : [renderPowParams(powParams)]),
    ...caa.map(renderCaa),
    ...unknown,
    ...introPoints.map(renderIntroPoint),
  ];
  return `${lines.join('\n')}\n`;
}

function renderPowParams({ seed, suggestedEffort, expiresMs }: PowParams): string {
  return `pow-params v1 ${encodeBase64(seed)} ${suggestedEffort} ${renderTime(expiresMs).replace(' ', 'T')}`;
}

/** Records come from a configuration: what does not read back would be another line, or none. */
function renderCaa({ flags, tag, value }: CaaRecord): string {
  const isByte = Number.isInteger(flags) && flags >= 0 && flags <= 255;
  if (!isByte || !/^[A-Za-z0-9]+$/.test(tag) || !/^[\x21-\x7e][\x20-\x7e]*$/.test(value)) {
    throw hsdescError('bad-value', `not a CAA record: ${JSON.stringify({ flags, tag, value })}`);
  }
  return `caa ${flags} ${tag} ${value}`;
}

function renderIntroPoint(point: IntroPoint): string {
  const { linkSpecifiers, onionKey, authKeyCertificate, encKey, encKeyCertificate, unknown } = point;
  return [
    `introduction-point ${encodeBase64(encodeLinkSpecifiers(linkSpecifiers))}`,
    `onion-key ntor ${encodeBase64(onionKey)}`,
    `auth-key\n${renderObject('ED25519 CERT', certificateBytes(authKeyCertificate))}`,
    `enc-key ntor ${encodeBase64(encKey)}`,
    `enc-key-cert\n${renderObject('ED25519 CERT', certificateBytes(encKeyCertificate))}`,
    ...unknown,
  ].join('\n');
}
