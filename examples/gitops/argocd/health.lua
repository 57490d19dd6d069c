-- Argo CD's health of an OrgExport or OrgImport: Healthy when it has succeeded, Degraded when it has failed.
local health = { status = "Progressing", message = "waiting for the operator" }
local status = obj.status
if status == nil or status.observedGeneration ~= obj.metadata.generation then
  return health -- the operator has not seen it, or not its latest spec
end
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Succeeded" then
    health.message = condition.reason .. ": " .. condition.message
    if condition.status == "True" then
      health.status = "Healthy"
    elseif condition.status == "False" then
      health.status = "Degraded"
    elseif obj.spec.suspend == true then
      health.status = "Suspended"
    end
  end
end
return health
