"""The connector for re-integration partners: JSON, CSV and XLSX with the names of SuwiML."""
