{{- define "kro.name" -}}
{{- if contains .Chart.Name .Release.Name -}}{{ .Release.Name | trunc 63 | trimSuffix "-" }}{{- else -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end -}}
{{- end }}

{{- define "kro.account" -}}{{ default (include "kro.name" .) .Values.serviceAccount.name }}{{- end }}

{{- define "kro.selector" -}}
app.kubernetes.io/name: kro
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "kro.labels" -}}
{{ include "kro.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: operator
{{- end }}
