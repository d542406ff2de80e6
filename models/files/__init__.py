"""Files as text: PDF, DOCX, HTML, plain text, and what stands on pictures and scans."""
