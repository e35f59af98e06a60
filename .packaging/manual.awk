# Turns the help of a command into a manual page of section 1. Takes name and version.
function plain(text) { gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); if (text ~ /^[.']/) text = "\\&" text; return text }
BEGIN { state = "overview" }
NR == 1 {
  sub(/^OVERVIEW: /, "")
  title = toupper(name)
  printf ".TH \"%s\" 1 \"\" \"Remora %s\" \"Remora\"\n.SH NAME\n%s \\- %s\n", title, version, plain(name), plain($0)
  next
}
/^USAGE: / { sub(/^USAGE: /, ""); synopsis = $0; closeBlock(); printf ".SH SYNOPSIS\n%s\n", plain(synopsis); next }
/^[A-Z][A-Z ]*:$/ { closeBlock(); sub(/:$/, ""); printf ".SH %s\n", $0; next }
/^$/ && !open { next }
{
  if (!headed) { headed = 1; if (!synopsis) print ".SH DESCRIPTION" }
  if (!open) { print ".nf"; open = 1 }
  print plain($0)
}
function closeBlock() { if (open) print ".fi"; open = 0; headed = 1 }
END { closeBlock() }
