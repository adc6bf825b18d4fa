// Which host a relay runs on: relays that Tearless collects are called HOST/INSTANCE, imported ones by their nickname.

/** @returns undefined where the id does not tell */
export const hostOf = (relayId: string): string | undefined => {
  const slash = relayId.indexOf('/');
  return slash > 0 ? relayId.slice(0, slash) : undefined;
};
