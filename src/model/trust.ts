// Whether a key may go to a host (design.md §5). Pure; does not know where keys are kept.

/** Who named a thing, most trusted first: the person's own environment, the project's .env, the runbook, the program's default. */
export type NamedBy = 'environment' | '.env' | 'runbook.yaml' | 'default';

export type KeyUse = {
  readonly keyFrom: NamedBy;
  readonly hostFrom: NamedBy;
  readonly host: string;
  readonly trustedHosts: readonly string[];
};

const RANK: Record<NamedBy, number> = { default: 0, environment: 1, '.env': 2, 'runbook.yaml': 3 };

/**
 * A key goes only to a host named by a source at least as trusted as the key's own; any other host needs the person's yes, given
 * once and kept in the user's configuration. The program's default host is trusted with every key.
 */
export function mayUseKey({ keyFrom, hostFrom, host, trustedHosts }: KeyUse): boolean {
  return RANK[hostFrom] <= RANK[keyFrom] || trustedHosts.includes(host);
}
