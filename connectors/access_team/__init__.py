"""Access teams: the ZGW Zaken API, its notifications, and the generic report of StUF-Jeugdzorg."""
