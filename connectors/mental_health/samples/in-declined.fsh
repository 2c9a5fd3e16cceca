Alias: $redenen = https://epd.ggz-de-leij.example/redenen

Instance: taak-2042
InstanceOf: Task
Usage: #example
Title: "Aanmelding afgewezen"
* identifier[+].system = "urn:nl:schakel:referral"
* identifier[=].value = "5b1e7c90-0000-4000-8000-000000000102"
* status = #rejected
* statusReason = $redenen#REGIO "Buiten de regio"
* intent = #order
* code = $task-code#fulfill
* focus = Reference(ServiceRequest/78)
* for = Reference(Patient/10)
* lastModified = "2026-11-27T11:00:00+01:00"
* owner
  * type = "Organization"
  * identifier
    * system = "http://fhir.nl/fhir/NamingSystem/ura"
    * value = "90000003"
* note[+].text = "Woont sinds kort in een andere regio."
