import { ServerCredentials } from "@grpc/grpc-js";

/** A certificate chain and its private key, PEM. */
export interface CertificatePair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** TLS whose certificate can be replaced: new connections get the new one, open ones go on. */
export class ReloadingCredentials extends ServerCredentials {
  constructor(pair: CertificatePair) {
    super({}, { ...pair });
  }

  replace(pair: CertificatePair): void {
    this.updateSecureContextOptions({ ...pair });
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
