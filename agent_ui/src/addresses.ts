// Addresses that a shop's page told, made absolute; nothing but http and https is ever followed.

import type { SiteView } from '../../web/core/messages';

/** `origin`: the shop's own address; "" or nothing where the server was not told. */
type Shop = SiteView & { readonly origin?: string };

/** The address in full; "" for one that is not the web's, or that is relative to a shop nobody named. */
export function shopAddress(site: SiteView | undefined, address: string | undefined): string {
  if (!address) return '';
  try {
    const url = new URL(address, (site as Shop | undefined)?.origin || undefined);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : '';
  } catch {
    return '';
  }
}

/** Where our server gives a file of the shop's pages; "" for an address that is not the web's. */
export function shopFile(site: string | undefined, address: string): string {
  return site && address
    ? `/console/files/${encodeURIComponent(site)}?url=${encodeURIComponent(address)}`
    : '';
}

/** The host of an address without "www.", or the text itself. */
export function hostOf(address: string): string {
  try {
    return new URL(address).hostname.replace(/^www\./, '');
  } catch {
    return address;
  }
}
