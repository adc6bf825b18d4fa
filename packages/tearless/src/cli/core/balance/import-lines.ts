// What an import would add to tearless.yaml, and where keys lie then, for people. Pure.
import { diffLines } from '../../../daemon/file-diff.ts';
import type { ConfigFile } from '../config-file.ts';
import type { Style } from '../style.ts';
import type { ImportedService } from './import-onionbalance.ts';

const paint = (line: string, style: Style): string =>
  line.startsWith('+') ? style.good(line) : line.startsWith('-') ? style.bad(line) : style.dim(line);

const renderKey = ({ name, address, keyFrom, keyPath, problem }: ImportedService, style: Style): string[] => [
  keyFrom === keyPath
    ? `the key of ${name} (${address}) stays in ${keyFrom}`
    : `the key of ${name} (${address}) is copied from ${keyFrom} to ${keyPath}: it lies in both places then`,
  ...(problem === null ? [] : [`${style.warn('warning')} ${keyFrom}: ${problem}`]),
];

/** @param text of tearless.yaml with the services */
export const renderImport = (
  services: readonly ImportedService[],
  file: ConfigFile,
  text: string,
  style: Style,
): string[] => [
  `${file.path} gains`,
  ...diffLines(file.text, text).map((line) => paint(line, style)),
  '',
  ...services.flatMap((service) => renderKey(service, style)),
];
