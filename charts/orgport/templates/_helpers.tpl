{{- define "orgport.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "orgport.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "orgport.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "orgport.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* The name of what belongs to no namespace: releases of one name in two namespaces do not meet. */ -}}
{{- define "orgport.clusterName" -}}
{{ include "orgport.fullname" . }}-{{ .Release.Namespace }}
{{- end }}

{{- define "orgport.selectorLabels" -}}
app.kubernetes.io/name: {{ include "orgport.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "orgport.labels" -}}
{{ include "orgport.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* Labels and annotations, of {root}, and perhaps {labels, annotations}. Nobody's labels replace the chart's. */ -}}
{{- define "orgport.marks" -}}
{{- $labels := merge (include "orgport.labels" .root | fromYaml) (.labels | default dict) .root.Values.commonLabels -}}
{{- $annotations := merge (dict) (.annotations | default dict) .root.Values.commonAnnotations -}}
labels: {{- toYaml $labels | nindent 2 }}
{{- with $annotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* An object's metadata, of {root, name}, and perhaps {namespace, labels, annotations}. */ -}}
{{- define "orgport.metadata" -}}
name: {{ .name }}
{{- with .namespace }}
namespace: {{ . }}
{{- end }}
{{ include "orgport.marks" . }}
{{- end }}

{{- define "orgport.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "orgport.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "orgport.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- /* The namespaces that are watched, as a JSON list; empty: all. */ -}}
{{- define "orgport.namespaces" -}}
{{- if .Values.clusterWide }}
{{- if .Values.watchNamespaces }}
{{- fail "clusterWide watches every namespace: leave watchNamespaces empty, or set clusterWide to false" }}
{{- end }}
{{- list | toJson }}
{{- else }}
{{- prepend .Values.watchNamespaces .Release.Namespace | uniq | toJson }}
{{- end }}
{{- end }}

{{- /* The namespaces in which the chart makes what runs find there, as a JSON list. */ -}}
{{- define "orgport.workerNamespaces" -}}
{{- if .Values.worker.namespaces }}
{{- .Values.worker.namespaces | uniq | toJson }}
{{- else if .Values.clusterWide }}
{{- fail "with clusterWide, worker.namespaces must say where worker.serviceAccount and networkPolicy are wanted" }}
{{- else }}
{{- include "orgport.namespaces" . }}
{{- end }}
{{- end }}

{{- /* All that the operator may do. It reads no Secret, no log, and starts nothing inside a pod. */ -}}
{{- define "orgport.rules" -}}
- apiGroups: [orgport.dev]
  resources: [orgexports, orgimports]
  verbs: [get, list, watch, patch]
- apiGroups: [orgport.dev]
  resources: [orgexports/status, orgimports/status]
  verbs: [patch]
- apiGroups: [orgport.dev]   # for blockOwnerDeletion in what a run owns
  resources: [orgexports/finalizers, orgimports/finalizers]
  verbs: [update]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch, delete]
- apiGroups: [""]            # a pod that is refused leaves nothing but an event on its Job
  resources: [events]
  verbs: [create, list]
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get, create]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, create]
- apiGroups: [coordination.k8s.io]   # patch is what a run's own Role grants its workers
  resources: [leases]
  verbs: [get, list, watch, create, patch]
{{- end }}
