/** dcmjs-dimse as this room uses it: without its log, and from a package that is an ES module to some loaders only. */
import * as loaded from 'dcmjs-dimse';

type Library = typeof loaded;
const library: Library = (loaded as { default?: Library }).default ?? loaded;

// Its log would name patients.
library.log.disableAll();

export const { Scp, Dataset } = library;
export const { Association } = library.association;
export const { CEchoRequest, CFindRequest, CGetRequest, CMoveRequest, CStoreRequest } = library.requests;
export const { CEchoResponse, CStoreResponse } = library.responses;
export const { PresentationContextResult, RejectReason, RejectResult, RejectSource, Status, StorageClass } =
  library.constants;
