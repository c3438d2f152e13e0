{{/* What selects the pods: never changes, or the Deployment could not be updated. */}}
{{- define "guestbook.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
{{- end }}

{{/* No version among them: a release that changes nothing else changes no object. */}}
{{- define "guestbook.labels" -}}
{{ include "guestbook.selectorLabels" . }}
app.kubernetes.io/part-of: {{ .Chart.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "guestbook.metadata" -}}
name: {{ .Chart.Name }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "guestbook.labels" . | nindent 2 }}
{{- end }}

{{/* The path of the page, without a slash at its end. */}}
{{- define "guestbook.path" -}}
{{ .Values.platform.pathPrefix }}/guestbook
{{- end }}
