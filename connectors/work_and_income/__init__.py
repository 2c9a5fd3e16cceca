"""Work & Income: StUF-ZKN 3.10 over SOAP, as its suites speak it."""
