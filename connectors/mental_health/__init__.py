"""The connector for mental health care (GGZ): HL7 FHIR R4, ServiceRequest and Task with the Dutch nl-core Patient."""
